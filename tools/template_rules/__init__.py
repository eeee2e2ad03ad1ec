"""Rules of our own about template.yaml, beside cfn-lint and `sam validate --lint`."""
