"""From a frame to tracked faces: detector, regions of interest, landmarks, pose, identity."""
