package io.hscode;

import com.sun.jna.Pointer;
import com.sun.jna.ptr.PointerByReference;
import io.hscode.Native.CandidateC;
import io.hscode.Native.DecisionC;
import io.hscode.Native.SizeT;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The answer to one description: a plain value, nothing is to be closed. */
public final class Prediction {
    /** What to do with the answer. */
    public enum Decision {
        /** The score meets the threshold. */
        ACCEPT,
        /** The code is an ancestor that is sure enough. */
        BACK_OFF,
        /** No code is sure enough: ask the sender, or a person. */
        ABSTAIN
    }

    /** A scored code. */
    public static final class Candidate {
        /** The digits. */
        public final String code;
        /** Its calibrated probability. */
        public final float score;

        Candidate(String code, float score) {
            this.code = code;
            this.score = score;
        }
    }

    /** What to do with the answer. */
    public final Decision decision;
    /** The code decided for; empty when abstaining. */
    public final String code;
    /** The score of the code; 0 when abstaining. */
    public final float score;
    /** The candidates, best first. */
    public final List<Candidate> candidates;
    /** The record as the hscode command writes it: one line of JSON. */
    public final String json;

    private Prediction(Decision decision, String code, float score, List<Candidate> candidates, String json) {
        this.decision = decision;
        this.code = code;
        this.score = score;
        this.candidates = Collections.unmodifiableList(candidates);
        this.json = json;
    }

    static Prediction read(Pointer prediction, byte[] utf8) {
        PointerByReference none = new PointerByReference();
        DecisionC decision = new DecisionC();
        Native.check(Native.C.hscode_prediction_decision(prediction, decision), none);
        List<Candidate> candidates = new ArrayList<>();
        long count = Native.C.hscode_prediction_len(prediction).longValue();
        for (long i = 0; i < count; i++) {
            CandidateC candidate = new CandidateC();
            Native.check(Native.C.hscode_prediction_candidate(prediction, new SizeT(i), candidate), none);
            candidates.add(new Candidate(Native.digits(candidate.code), candidate.score));
        }
        PointerByReference line = new PointerByReference();
        PointerByReference err = new PointerByReference();
        Native.check(
                Native.C.hscode_prediction_json(prediction, 0, utf8, new SizeT(utf8.length), null, line, err), err);
        String json = Native.text(Native.C.hscode_string_data(line.getValue()));
        Native.C.hscode_string_free(line.getValue());
        Decision kind = decision.kind == 1 ? Decision.ACCEPT : decision.kind == 2 ? Decision.BACK_OFF : Decision.ABSTAIN;
        return new Prediction(kind, Native.digits(decision.code),
                Native.C.hscode_prediction_score(prediction), candidates, json);
    }
}
