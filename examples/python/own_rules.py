"""A broker's own rules, then a service that is down, then the embedded model: a cascade.

    python examples/python/own_rules.py
"""

import hscode


class HouseRules:
    """What this broker ships every day is settled."""

    name = "house-rules"
    settled = {"tee": "610910", "oak parquet": "440791"}

    def classify_batch(self, descriptions: list[str]) -> list[dict[str, float]]:
        return [
            {code: 1.0 for word, code in self.settled.items() if word in text.lower()} for text in descriptions
        ]


class Remote:
    """A model behind a service; today it does not answer."""

    name = "remote"

    def classify_batch(self, descriptions: list[str]) -> list[dict[str, float]]:
        raise TimeoutError("no answer within 2 s")


cascade = hscode.Cascade([HouseRules(), Remote(), hscode.Classifier.embedded()], name="broker")
tee, lamp = cascade.classify_batch(["cotton tee", "LED table lamp"])
print(tee, "by", tee.classifier)
print(lamp, "by", lamp.classifier, "after", [f"{p.classifier} {p.why}: {p.message}" for p in lamp.passed])
assert tee.code == "610910" and tee.classifier == "house-rules"
assert [passed.why for passed in lamp.passed] == ["abstained", "failed"]

try:
    hscode.External(Remote()).classify("LED table lamp")
except hscode.InferenceError as error:
    print("alone it fails:", error, "| cause:", repr(error.__cause__))
    assert isinstance(error.__cause__, TimeoutError)
