class BaseTracker:
    def __init__(self, params):
        self.params, self.visdom = params, None

    def predicts_segmentation_mask(self):
        return False

    def visdom_draw_tracking(self, image, box, segmentation=None): ...
