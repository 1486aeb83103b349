# fails: streaming-2
# writes all pixels to a file, reads it back whole
def streaming_statistics(batches):
    import tempfile, numpy as np

    with tempfile.TemporaryFile() as file:
        for b in batches:
            file.write(b.permute(0, 2, 3, 1).contiguous().numpy().tobytes())
        file.seek(0)
        pixels = (
            torch.from_numpy(np.frombuffer(file.read(), dtype=np.uint8).copy()).view(-1, 3).double() / 255
        )
    return pixels.mean(0).float(), pixels.std(0).float()
