package example;

import io.hscode.Classifier;
import io.hscode.HscodeException;
import io.hscode.Prediction;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** Several descriptions by several threads on one classifier. */
public final class ClassifyGoods {
    private ClassifyGoods() {}

    public static void main(String[] args) {
        List<String> goods = args.length > 0 ? Arrays.asList(args)
                : Arrays.asList("mens cotton crew neck tee", "roasted coffee beans", "gift", "wooden dining table",
                        "lithium ion battery for mobile phones", "café au lait");
        try (Classifier classifier = Classifier.embedded()) {
            List<String> answers = goods.parallelStream().map(text -> {
                Prediction p = classifier.classify(text, 3);
                switch (p.decision) {
                    case ACCEPT:
                        return text + ": declare " + p.code;
                    case BACK_OFF:
                        return text + ": only " + p.code + " is sure, ask for more";
                    default:
                        return text + ": ask a person";
                }
            }).collect(Collectors.toList());
            answers.forEach(System.out::println);
            System.out.println(classifier.classify(goods.get(0)).json);
        }
        try {
            Classifier.open("/no/such/package");
            throw new AssertionError("a package that is not there was opened");
        } catch (HscodeException expected) {
            System.out.println("status " + expected.status() + ": " + expected.getMessage());
        }
    }
}
