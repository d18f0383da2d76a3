"""Studio: from a form in the draft to what people then work with."""
