"""Where the label is the error: suspicious labels of test faces, held against the votes of FER+."""
