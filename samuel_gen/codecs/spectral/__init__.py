"""The embedded closed-form codec: nothing downloaded, nothing learned by gradient."""
