import { getSystemErrorMap } from 'node:util'
import { Failure } from '../../scenarios/light.ts'

/** The system's error codes in plain words, with a remedy. */
const REASONS: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full; free some space or choose another place',
  EDQUOT: 'the quota is used up; free some space or choose another place',
  EACCES: 'permission denied; choose another place',
  EPERM: 'permission denied; choose another place',
  EROFS: 'the file system is read-only; choose another place',
  ENOTDIR: 'part of the path is a file; choose another place',
  EEXIST: 'part of the path is a file; choose another place',
  EISDIR: 'a folder has this name; choose another place',
  ENAMETOOLONG: 'the path is too long; choose another place',
  ELOOP: 'its symbolic links lead in a circle; choose another place',
  ENOENT: 'the path is empty, or part of it leads nowhere; choose another place',
  EBADF: 'it is not open for writing',
}

/** The system's refusal to write as a `Failure`; any other error unchanged. */
export function notWritten(path: string, error: unknown): unknown {
  const reason = reasonOf(error)
  return reason === null ? error : new Failure(`${path}: cannot be written: ${reason}`)
}

/** The system's refusal of a file, if no other code has handled it; null for any other error. */
export function notUsable(error: unknown): Failure | null {
  const { path, code = '' } = error as NodeJS.ErrnoException
  const reason = path === undefined && !(code in REASONS) ? null : reasonOf(error)
  return reason === null ? null : new Failure(`${path || 'a file'}: cannot be used: ${reason}`)
}

function reasonOf(error: unknown): string | null {
  const { code = '', errno } = error as NodeJS.ErrnoException
  if (code in REASONS) return REASONS[code]!
  const [, text] = getSystemErrorMap().get(errno ?? 0) ?? []
  return text === undefined ? null : `${text} (${code})`
}

/** Messages of V8 and Node for an allocation that exceeds memory or a size limit. */
const SAYINGS: readonly RegExp[] = [
  /^Array buffer allocation failed$/,
  /^Invalid (typed array|array|string) length\b/,
  /^(Map|Set) maximum size exceeded$/,
  /\bERR_MEMORY_ALLOCATION_FAILED\b/,
  /\bERR_STRING_TOO_LONG\b/,
]

/** An allocation error as a `Failure` that names a remedy; null for any other error. */
export function allocationFailure(error: unknown): Failure | null {
  if (!(error instanceof Error)) return null
  const { message } = error
  const texts = [message, String((error as NodeJS.ErrnoException).code)]
  if (!texts.some((text) => SAYINGS.some((saying) => saying.test(text)))) return null
  return new Failure(
    `${RAN_OUT} (${message}); fewer requests take less: shorten duration_s, bound the queues ` +
      'with max_length or timeout_ms, or simulate fewer runs at once with --workers',
  )
}

const RAN_OUT = 'memory ran out'

/** The same for a process that ended for lack of memory. */
export const outOfMemory = ({ problems }: Failure) => new Failure(`${RAN_OUT}: ${problems[0]}`)

/** Whether a failure is one of `allocationFailure`, also after it was sent. */
export const saysOutOfMemory = ({ problems }: Failure) =>
  problems.some((text) => text.startsWith(RAN_OUT))
