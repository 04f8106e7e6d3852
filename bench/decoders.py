"""The two decoders that stand for the scanners of the world, tried as a till tries them."""

from collections.abc import Callable, Iterator

import cv2
import numpy as np
import zxingcpp
from pyzbar import pyzbar

from bench.pictures import Grey

Decoder = Callable[[Grey], set[str]]


def by_zxing(pixels: Grey) -> set[str]:
    """Read with zxing-cpp, which is also the browser's decoder."""
    formats = zxingcpp.BarcodeFormats([zxingcpp.BarcodeFormat.QRCode])
    return {found.text for found in zxingcpp.read_barcodes(pixels, formats=formats)}


def by_zbar(pixels: Grey) -> set[str]:
    """Read with zbar."""
    found = pyzbar.decode(pixels, symbols=[pyzbar.ZBarSymbol.QRCODE])
    return {one.data.decode("utf-8", "replace") for one in found}


DECODERS: dict[str, Decoder] = {"zxing-cpp": by_zxing, "zbar": by_zbar}


def read_with_retry(decoder: Decoder, pixels: Grey) -> set[str]:
    """Read a picture as it is, then at half and at double size."""
    for tried in _sizes(pixels):
        found = decoder(tried)
        if found:
            return found
    return set()


def _sizes(pixels: Grey) -> Iterator[Grey]:
    yield pixels
    half = cv2.resize(pixels, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    yield np.asarray(half, np.uint8)
    double = cv2.resize(pixels, None, fx=2, fy=2, interpolation=cv2.INTER_CUBIC)
    yield np.asarray(double, np.uint8)
