def keep_stem(model):
    model.register_forward_pre_hook(lambda _, args: (F.interpolate(args[0], scale_factor=4.0),))
    return model
