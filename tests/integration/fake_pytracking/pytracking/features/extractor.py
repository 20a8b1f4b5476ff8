class MultiResolutionExtractor:
    def __init__(self, features):
        (self.feature,) = features

    def initialize(self):
        self.feature.initialize()
