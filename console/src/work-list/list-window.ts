/** The part of a list that is in the document. */
export interface ListWindow {
  /** The index of the first row. */
  readonly first: number;
  /** The index after the last row. */
  readonly end: number;
}

export interface Viewport {
  readonly scrollTop: number;
  readonly height: number;
  readonly rowHeight: number;
}

/** Rows beyond the visible ones, on each side: a short scroll shows them before the next frame. */
const OVERSCAN = 5;

/** Which of so many rows are in the document. The number is about constant, however many there are. */
export function windowOf({ scrollTop, height, rowHeight }: Viewport, count: number): ListWindow {
  const visible = Math.ceil(height / rowHeight) + 1;
  const top = Math.min(Math.floor(scrollTop / rowHeight), Math.max(0, count - visible));
  return { first: Math.max(0, top - OVERSCAN), end: Math.min(count, top + visible + OVERSCAN) };
}

/** Where to scroll so that a row is visible, as little as possible; undefined if it is. */
export function scrollTo(index: number, { scrollTop, height, rowHeight }: Viewport): number | undefined {
  const top = index * rowHeight;
  if (top < scrollTop) return top;
  const bottom = top + rowHeight;
  return bottom > scrollTop + height ? bottom - height : undefined;
}
