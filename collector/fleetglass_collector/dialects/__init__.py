"""How the attributes of many instrumentations become one set of facts."""
