"""One incident for one cause: from the signals of many detectors to what a person is told."""
