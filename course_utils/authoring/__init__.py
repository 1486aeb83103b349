"""From the text of a notebook to its two editions, and to what students get."""
