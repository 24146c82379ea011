"""The camera's picture on the screen, with the found codes framed; words in its place while there is none."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QPainterPath, QPaintEvent, QPen, QPixmap, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from vaxdesk.devices.camera import Frame
from vaxdesk.gui import icons, style

_CORNER = 8
_TEXT_WIDTH = 460
_AIM = 0.56
_ARM = 34


class CameraPicture(QWidget):
    """Draws a frame as large as it fits. Four corners in the middle say where a code is best held."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(320, 200)
        self._image = QImage()
        self._frames: tuple[tuple[tuple[int, int], ...], ...] = ()
        self._words = ""
        self._icon = "camera"

    def sizeHint(self) -> QSize:
        """A picture of the usual shape."""
        return QSize(640, 360)

    def show_frame(self, frame: Frame) -> None:
        """Show a picture of the camera."""
        self._image = image_of(frame)
        self._frames = tuple(code.corners for code in frame.codes)
        self.update()

    def show_words(self, words: str, icon_name: str = "camera") -> None:
        """Show words (already translated) instead of a picture."""
        self._image, self._frames = QImage(), ()
        self._words, self._icon = words, icon_name
        self.setAccessibleName(words)
        self.update()

    def small(self, size: QSize) -> QPixmap:
        """The picture with its framed codes as a thumbnail, for beside the answer."""
        ratio = self.devicePixelRatioF()
        made = QPixmap(size * ratio)
        made.setDevicePixelRatio(ratio)
        made.fill(Qt.GlobalColor.transparent)
        painter = QPainter(made)
        self._draw(painter, QRectF(0, 0, size.width(), size.height()), aim=False)
        painter.end()
        return made

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        self._draw(painter, QRectF(self.rect()), aim=not self._frames)
        painter.end()

    def _draw(self, painter: QPainter, box: QRectF, *, aim: bool) -> None:
        painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
        ground = QPainterPath()
        ground.addRoundedRect(box, _CORNER, _CORNER)
        painter.fillPath(ground, style.color("text"))
        if self._image.isNull():
            self._draw_words(painter, box)
            return
        painter.setClipPath(ground)
        scale = min(box.width() / self._image.width(), box.height() / self._image.height())
        width, height = self._image.width() * scale, self._image.height() * scale
        place = QRectF(box.center().x() - width / 2, box.center().y() - height / 2, width, height)
        painter.drawImage(place, self._image)
        for corners in self._frames:
            outline = QPolygonF([QPointF(place.left() + x * scale, place.top() + y * scale) for x, y in corners])
            # Two lines: one of them is seen on any ground.
            for color, breadth in (("on_rail", 8), ("ok", 4)):
                pen = QPen(style.color(color), breadth if place.width() > 300 else breadth / 2)
                pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
                painter.setPen(pen)
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawPolygon(outline)
        if aim:
            _draw_aim(painter, place)

    def _draw_words(self, painter: QPainter, box: QRectF) -> None:
        picture = icons.pixmap(self._icon, "rail_text", 40)
        painter.setPen(style.color("on_rail"))
        painter.setFont(style.font("lead", QFont.Weight.DemiBold))
        room = QRectF(0, 0, min(_TEXT_WIDTH, box.width() - 32), box.height())
        flags = int(Qt.AlignmentFlag.AlignHCenter) | int(Qt.TextFlag.TextWordWrap)
        needed = painter.boundingRect(room, flags, self._words)
        top = box.center().y() - (40 + 12 + needed.height()) / 2
        painter.drawPixmap(QPointF(box.center().x() - 20, top), picture)
        words_box = QRectF(box.center().x() - room.width() / 2, top + 52, room.width(), needed.height() + 4)
        painter.drawText(words_box, flags, self._words)


def image_of(frame: Frame) -> QImage:
    """A frame as a picture of its own: the frame's bytes may go."""
    return QImage(frame.pixels, frame.width, frame.height, 3 * frame.width, QImage.Format.Format_RGB888).copy()


def _draw_aim(painter: QPainter, place: QRectF) -> None:
    side = place.height() * _AIM
    box = QRectF(place.center().x() - side / 2, place.center().y() - side / 2, side, side)
    for color, breadth in (("text", 6), ("on_rail", 3)):
        pen = QPen(style.color(color), breadth)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        for corner, right, down in (
            (box.topLeft(), 1, 1),
            (box.topRight(), -1, 1),
            (box.bottomRight(), -1, -1),
            (box.bottomLeft(), 1, -1),
        ):
            painter.drawLine(corner, corner + QPointF(right * _ARM, 0))
            painter.drawLine(corner, corner + QPointF(0, down * _ARM))
