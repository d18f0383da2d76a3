"""Taking records out as csv and xlsx, under the reader's rights."""
