"""One description, the decision, and what to do with it.

    python examples/python/one_call.py "mens cotton crew neck tee"
"""

import sys

import hscode

text = " ".join(sys.argv[1:]) or "mens cotton crew neck tee"
prediction = hscode.classify(text, explain=True)

if prediction.decision == "accept":
    assert prediction.code is not None
    print(f"declare {prediction.code.dotted}: {prediction.code.title} ({prediction.score:.0%})")
elif prediction.decision == "back_off":
    assert prediction.code is not None
    print(f"only {prediction.code.dotted} is sure ({prediction.score:.0%}): ask for more")
else:
    print(f"ask a person: {prediction.reason}")

for code, score, title in prediction.candidates:
    print(f"  {code.dotted}  {score:4.0%}  {title}")
if prediction.explanation is not None:
    for evidence in prediction.explanation.evidence[:3]:
        print(f"  like {evidence.code.dotted} {evidence.text!r} ({evidence.similarity:.0%})")

# What customs would say of the description itself.
for finding in hscode.check("gift").findings:
    print(f"gift: {finding.reason}: {finding.advice}")
