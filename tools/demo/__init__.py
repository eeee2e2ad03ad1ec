"""The whole path on the local stack, from webhooks to the mailed file, with every number checked.

    make demo        (that is: make up; python -m tools.demo)

A simulator invents a company's month and knows everything about it, and a few days of a branch for
each further provider. The providers' webhooks go to the deployed stack, badly: repeated, out of
order, some lost and sent again later. Then the lake (calls, texts, presence, cases), Athena, the
mailed CSV and a report must say exactly what happened; anything else ends with exit code 1 and
says where to look.

A second run on the same stack sends the captured samples again (all of them duplicates by
then) and one more day, and checks the sums of everything sent so far.
"""
