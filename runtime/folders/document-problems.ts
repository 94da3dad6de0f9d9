import type { ZodError } from 'zod'

/** More problems add nothing: a document with this many is another kind of file. */
const MOST = 20

/**
 * Problems of a document: where, what is wrong and what is allowed. One message each, up to MOST.
 */
export function documentProblems(path: string, { issues }: ZodError): string[] {
  // in another kind of document every key is wrong, so only its kind is reported
  const kind = issues.find((issue) => ['document', 'format'].includes(String(issue.path[0])))
  const told = kind === undefined ? issues.slice(0, MOST) : [kind]
  const problems = told.map((issue) => {
    const at = issue.path.reduce<string>(
      (text, key) => (typeof key === 'number' ? `${text}[${key}]` : `${text}.${String(key)}`),
      '',
    )
    return `${path} ${at.slice(1)}: ${issue.message}`
  })
  const left = issues.length - told.length
  if (kind === undefined && left > 0) problems.push(`${path}: … and ${left} more`)
  return problems
}
