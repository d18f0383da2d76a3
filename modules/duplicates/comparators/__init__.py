"""How two values of a field are compared by a duplicate rule: one file for each comparer."""
