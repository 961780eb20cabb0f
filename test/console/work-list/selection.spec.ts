import { signal } from '@preact/signals';
import { Selection } from '../../../console/src/work-list/selection.js';

describe('the selection', () => {
  const start = (...ids: number[]) => {
    const rows = signal<readonly number[]>(ids);
    return { rows, selection: new Selection(rows) };
  };

  it('moves through the rows, and stays at both ends', () => {
    const { selection } = start(1, 2, 3);
    expect([1, 1, 1, 1, -1].map((step) => selection.move(step))).toEqual([1, 2, 3, 3, 2]);
  });

  it('selects nothing in an empty list', () => {
    const { selection } = start();
    expect(selection.move(1)).toBeUndefined();
    expect(selection.id.value).toBeUndefined();
  });

  it('passes to the row in the place of one that leaves', () => {
    const { rows, selection } = start(1, 2, 3);
    selection.select(2);
    rows.value = [1, 3];
    selection.follow();
    expect(selection.id.value).toBe(3);
    rows.value = [1];
    selection.follow();
    expect(selection.id.value).toBe(1);
  });

  it('stays with its incident when rows arrive above it', () => {
    const { rows, selection } = start(1, 2);
    selection.select(2);
    rows.value = [9, 1, 2];
    selection.follow();
    expect(selection.id.value).toBe(2);
    expect(selection.move(-1)).toBe(1);
  });

  it('marks a range from where it began', () => {
    const { selection } = start(1, 2, 3, 4);
    selection.select(2);
    selection.extend(1);
    selection.extend(1);
    expect([...selection.marked.value]).toEqual([2, 3, 4]);
    selection.toggle(3);
    expect([...selection.marked.value]).toEqual([2, 4]);
    selection.extendTo(1);
    expect(new Set(selection.marked.value)).toEqual(new Set([1, 2, 3, 4]));
  });

  it('forgets the marks of what left the list', () => {
    const { rows, selection } = start(1, 2);
    selection.toggle(1);
    selection.toggle(2);
    rows.value = [2];
    selection.follow();
    expect([...selection.marked.value]).toEqual([2]);
  });
});
