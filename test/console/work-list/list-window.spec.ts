import { scrollTo, windowOf } from '../../../console/src/work-list/list-window.js';

const VIEW = { scrollTop: 0, height: 400, rowHeight: 40 };

describe('the window of a list', () => {
  it.each([
    [0, { first: 0, end: 16 }],
    [4_000, { first: 95, end: 116 }],
    [400_000, { first: 9_984, end: 10_000 }],
  ])('at %d px has the rows %j of 10,000', (scrollTop, rows) => {
    expect(windowOf({ ...VIEW, scrollTop }, 10_000)).toEqual(rows);
  });

  it('has all rows of a short list, and none of an empty one', () => {
    expect(windowOf(VIEW, 3)).toEqual({ first: 0, end: 3 });
    expect(windowOf(VIEW, 0)).toEqual({ first: 0, end: 0 });
    // The list has become shorter than where it was scrolled to.
    expect(windowOf({ ...VIEW, scrollTop: 4_000 }, 3)).toEqual({ first: 0, end: 3 });
  });

  it('scrolls to a row as little as possible', () => {
    expect(scrollTo(5, VIEW)).toBeUndefined();
    expect(scrollTo(10, VIEW)).toBe(40);
    expect(scrollTo(3, { ...VIEW, scrollTop: 200 })).toBe(120);
  });
});
