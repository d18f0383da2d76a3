"""Numbered migrations of the product's own tables and of the tables FAB needs; entity tables are none of its business."""
