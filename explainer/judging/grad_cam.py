def grad_cam(classifier, image, label_index):
    raise NotImplementedError
