package io.hscode;

import com.sun.jna.IntegerType;
import com.sun.jna.Library;
import com.sun.jna.Pointer;
import com.sun.jna.Structure;
import com.sun.jna.ptr.PointerByReference;
import java.nio.charset.StandardCharsets;

/** The functions of hscode.h that the classes of this package use. */
interface Native extends Library {
    Native C = com.sun.jna.Native.load("hscode", Native.class);

    /** The major number of the binary interface that this file was written for. */
    int ABI_MAJOR = 1;

    int OK = 0;

    int hscode_abi_version();
    String hscode_version();

    int hscode_classifier_embedded(PointerByReference out, PointerByReference err);
    int hscode_classifier_open(byte[] path, PointerByReference out, PointerByReference err);
    Pointer hscode_classifier_model(Pointer classifier);
    void hscode_classifier_free(Pointer classifier);

    int hscode_classify(Pointer classifier, byte[] utf8, SizeT len, OptionsC options, PointerByReference out,
            PointerByReference err);
    SizeT hscode_prediction_len(Pointer prediction);
    int hscode_prediction_candidate(Pointer prediction, SizeT i, CandidateC out);
    int hscode_prediction_decision(Pointer prediction, DecisionC out);
    float hscode_prediction_score(Pointer prediction);
    int hscode_prediction_json(Pointer prediction, long index, byte[] utf8, SizeT len, Pointer titles,
            PointerByReference out, PointerByReference err);
    void hscode_prediction_free(Pointer prediction);

    Pointer hscode_string_data(Pointer string);
    void hscode_string_free(Pointer string);

    Pointer hscode_error_message(Pointer error);
    void hscode_error_free(Pointer error);

    /** size_t. */
    final class SizeT extends IntegerType {
        private static final long serialVersionUID = 1;

        public SizeT() {
            this(0);
        }

        public SizeT(long value) {
            super(com.sun.jna.Native.SIZE_T_SIZE, value, true);
        }
    }

    /** hscode_options. */
    @Structure.FieldOrder({"structSize", "topK", "level", "explain", "coverage", "within", "reserved"})
    final class OptionsC extends Structure {
        public SizeT structSize = new SizeT();
        public SizeT topK = new SizeT();
        public int level;
        public int explain;
        public float coverage;
        public byte[] within = new byte[16];
        public int reserved;

        public OptionsC() {
            structSize = new SizeT(size());
        }
    }

    /** hscode_candidate. */
    @Structure.FieldOrder({"code", "score"})
    final class CandidateC extends Structure {
        public byte[] code = new byte[16];
        public float score;
    }

    /** hscode_decision. */
    @Structure.FieldOrder({"kind", "reason", "code"})
    final class DecisionC extends Structure {
        public int kind;
        public int reason;
        public byte[] code = new byte[16];
    }

    /** The digits of a field. */
    static String digits(byte[] field) {
        int len = 0;
        while (len < field.length && field[len] != 0) {
            len++;
        }
        return new String(field, 0, len, StandardCharsets.US_ASCII);
    }

    /** A NUL-terminated text of the library. */
    static String text(Pointer text) {
        return text == null ? null : text.getString(0, "UTF-8");
    }

    /** Throws what a call reported. */
    static void check(int status, PointerByReference err) {
        if (status == OK) {
            return;
        }
        Pointer error = err.getValue();
        String message = text(C.hscode_error_message(error));
        C.hscode_error_free(error);
        throw new HscodeException(status, message);
    }
}
