import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'

/** Identifies a process in the names of its unfinished files: host, process id, start time. */
export const PROCESS_NAME = `${hostHash()}-${process.pid}-${startOf(process.pid) ?? 0}`

/** Pattern of a `PROCESS_NAME`. */
export const PROCESS_PATTERN = '[0-9a-f]{8}-\\d+-\\d+'

export const isOfThisHost = (name: string) => name.split('-')[0] === hostHash()

/** Whether a process has certainly ended. Always false for processes of another host. */
export function hasEnded(name: string): boolean {
  const [, pid, start] = name.split('-') as [string, string, string]
  if (!isOfThisHost(name)) return false
  try {
    process.kill(Number(pid), 0)
  } catch (error) {
    // a process of another user exists, too
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
  return (startOf(Number(pid)) ?? start) !== start
}

function hostHash(): string {
  return createHash('sha256').update(hostname()).digest('hex').slice(0, 8)
}

/** Start time of a process, in ticks since the system's start; null if it is not reported. */
function startOf(pid: number): string | null {
  try {
    // proc(5): fields from the third on; the second is a name in parentheses with any characters
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    // ended, but its parent has not collected its exit status
    return fields[0] === 'Z' ? 'ended' : (fields[19] ?? null)
  } catch {
    return null
  }
}
