import { StreamWindows } from '../../../src/presentation/http/body/stream-windows.js';

describe('stream windows', () => {
  const sizeOf = ({ items, bytes }: { items: number; bytes: number }) => ({ items, kib: bytes / 1024 });

  it('are limited in total, and the streams of one principal share its part', () => {
    const windows = new StreamWindows();
    const one = windows.open('one');
    expect(sizeOf(one)).toEqual({ items: 1_024, kib: 1_024 });
    const many = Array.from({ length: 31 }, () => windows.open('one'));
    expect(sizeOf(one)).toEqual({ items: 128, kib: 64 });
    const other = windows.open('other');
    expect(sizeOf(other)).toEqual({ items: 1_024, kib: 1_024 });
    expect(sizeOf(one)).toEqual({ items: 64, kib: 32 });
    for (const window of [...many, other]) window.close();
    expect(sizeOf(one)).toEqual({ items: 1_024, kib: 1_024 });
  });

  it('allow each of any number of streams one line', () => {
    const windows = new StreamWindows();
    const all = Array.from({ length: 10_000 }, () => windows.open('one'));
    expect(all[0]!.items).toBe(1);
  });
});
