"""The paper's tables and figures again, on the sequences at hand."""
