"""What a notebook of the course is and may do: its budget, its recorded results, what was released, handing in.

Free of torch. Start reading in ``budget.py``.
"""
