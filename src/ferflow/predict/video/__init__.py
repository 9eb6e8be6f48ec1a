"""From a video to expressions over time: frames, tracks of faces, probabilities smoothed over a track."""
