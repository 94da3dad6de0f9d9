import type { ZodError } from 'zod'

/** More say no more: a document with so many faults is another kind of file. */
const MOST = 20

/** What is wrong with a document, where, and what is allowed: a message for each of the first. */
export function documentProblems(path: string, { issues }: ZodError): string[] {
  // of another kind of document every key is wrong
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
