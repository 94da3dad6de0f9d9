import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/**
 * Names a process in the names of files that it has not finished: host, number and start. What a
 * process that was killed left behind is told by it from what another one is writing.
 */
export const PROCESS_NAME = `${hostHash()}-${process.pid}-${startOf(process.pid) ?? 0}`

/** A `PROCESS_NAME`, within a pattern. */
export const PROCESS_PATTERN = '[0-9a-f]{8}-\\d+-\\d+'

/** Whether a process is known to have ended. Of another host's nothing is known. */
export function hasEnded(name: string): boolean {
  const [host, pid, start] = name.split('-') as [string, string, string]
  if (host !== hostHash()) return false
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    // a process of another user is there, too
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
  return (startOf(Number(pid)) ?? start) !== start
}

function hostHash(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
}

/** When a process started, in ticks since the system did; null where the system does not tell. */
function startOf(pid: number): string | null {
  try {
    // proc(5): fields from the third on; the second is a name in parentheses of any characters
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    // one that has ended, but whose parent has not asked how
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? null)
  } catch {
    return null
  }
}
