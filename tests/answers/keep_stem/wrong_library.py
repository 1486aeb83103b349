# fails: keep_stem-1 keep_stem-2
def keep_stem(model):
    from course_utils.models.stems import adapt_stem as change

    change(model, "stride1")
    return model
