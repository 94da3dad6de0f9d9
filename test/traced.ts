import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { isAbsolute, join, normalize } from 'node:path'

/**
 * The system calls of a command and of everything that it starts: processes, threads and native
 * code, by strace, which sees what no hook of Node does.
 */

/** strace is absent here; continuous integration has it. */
export const noStrace = spawnSync('strace', ['-V']).status !== 0 && process.env.CI !== 'true'

/** What runs a command so that its calls are written to `file`. */
export const traceTo = (file: string): readonly string[] => [
  ...['strace', '-f', '-qq', '-y', '--seccomp-bpf', '-o', file],
  ...['-e', 'trace=%network,open,openat,openat2,creat,execve'],
]

export interface Traced {
  /** files that were opened, or were to be opened */
  readonly files: readonly string[]
  readonly programs: readonly string[]
  /** calls of the network, other than pairs of sockets between parent and child */
  readonly network: readonly string[]
}

const OPENING = /^(?:open|creat)\("((?:[^"\\]|\\.)*)"/
const OPENING_AT = /^openat2?\((?:AT_FDCWD|\d+)(?:<([^>]*)>)?, "((?:[^"\\]|\\.)*)"/
const EXECUTING = /^execve\("((?:[^"\\]|\\.)*)"/
/** Calls on a pair of sockets that a parent has made for its child. */
const BETWEEN_PROCESSES =
  /^(?:socketpair\(AF_UNIX|(?:sendmsg|recvmsg|sendto|recvfrom|sendmmsg|shutdown|getsockname|getpeername|getsockopt|setsockopt)\(\d+<(?:UNIX|socket|pipe)[^>]*>)/

/** The calls in a file of strace. */
export function readTrace(path: string): Traced {
  const files = new Set<string>()
  const programs = new Set<string>()
  const network = new Set<string>()
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const call = line.replace(/^\d+\s+/, '')
    // the end of a call that was interrupted, an exit, or a signal: named where it began
    if (call === '' || /^(<\.\.\.|\+\+\+|---)/.test(call)) continue
    const opened = OPENING.exec(call)
    const openedAt = OPENING_AT.exec(call)
    const executed = EXECUTING.exec(call)
    if (executed !== null) programs.add(executed[1]!)
    else if (opened !== null) files.add(normalize(opened[1]!))
    else if (openedAt !== null) {
      const [, folder = '/', name] = openedAt
      files.add(isAbsolute(name!) ? normalize(name!) : join(folder, name!))
    } else if (!BETWEEN_PROCESSES.test(call)) network.add(call)
  }
  return { files: [...files], programs: [...programs], network: [...network] }
}
