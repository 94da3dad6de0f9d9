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
