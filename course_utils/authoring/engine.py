"""How papermill executes here: as ever, but what has run is written from time to time, not twice a cell."""

from __future__ import annotations

from papermill.engines import NBClientEngine, NotebookExecutionManager, papermill_engines

NAME = "course"
SAVE_EVERY = 30.0  # seconds, as papermill's own ``autosave_cell_every`` within a long cell


class SavesNowAndThen(NBClientEngine):
    """Spares two copies a cell of a notebook full of figures: chapter 03 is 3 MB in a hundred cells."""

    @classmethod
    def execute_managed_notebook(cls, nb_man: NotebookExecutionManager, kernel_name: str, **kwargs) -> None:
        """Execute the cells; papermill itself saves at the end, however that comes."""
        save = nb_man.save

        def save_now_and_then() -> None:
            if (nb_man.now() - nb_man.last_save_time).total_seconds() >= SAVE_EVERY:
                save()

        nb_man.save = save_now_and_then
        try:
            super().execute_managed_notebook(nb_man, kernel_name, **kwargs)
        finally:
            nb_man.save = save


papermill_engines.register(NAME, SavesNowAndThen)
