"""From a photo to expressions: finds faces, crops them as FER-2013's are, recognises them."""
