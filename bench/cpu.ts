import { readdirSync, readFileSync } from 'node:fs';

/** `CLK_TCK` of every Linux: https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const TICKS_PER_SECOND = 100;

/** The fields after the name of the program: its parent, and the CPU time of itself and of children that it has waited for. */
interface Stat {
  readonly parent: number;
  readonly seconds: number;
}

function statOf(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const ticks = fields.slice(11, 15).reduce((sum, each) => sum + each, 0);
    return { parent: fields[1]!, seconds: ticks / TICKS_PER_SECOND };
  } catch {
    // It has ended.
    return undefined;
  }
}

/** The CPU time of a process and its children so far, in seconds; undefined except on Linux. */
export function cpuSeconds(pid: number): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const stats = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    const stat = /^\d+$/.test(name) ? statOf(Number(name)) : undefined;
    if (stat) stats.set(Number(name), stat);
  }
  const children = [...stats.values()].filter(({ parent }) => parent === pid);
  return [stats.get(pid), ...children].reduce((sum, stat) => sum + (stat?.seconds ?? 0), 0);
}
