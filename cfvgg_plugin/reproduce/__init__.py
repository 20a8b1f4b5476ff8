"""The paper's tables again, on the sequences at hand."""
