import { generates } from '../schema/takes-length.ts'
import { isHeaderText, variable, variablesIn } from '../schema/target-headers.ts'
import type { Draft, PoolDraft } from './draft.ts'

/** Headers that hold keys. */
const OF_KEYS = /auth|cookie|key|secret|token/i

/** Checks the pools whose batches a server runs. */
export function checkTargets(draft: Draft): void {
  for (const pool of draft.pools) if (pool.target) checkTarget(pool, pool.target, draft)
}

type Target = NonNullable<PoolDraft['target']>

function checkTarget(pool: PoolDraft, target: Target, draft: Draft): void {
  const { url, role, headers = {} } = target
  const { path } = pool
  const problem = urlProblem(url)
  if (problem !== null) draft.refuse([...path, 'target', 'url'], problem)
  for (const [name, value] of Object.entries(headers)) {
    const at = [...path, 'target', 'headers', name]
    // never the value itself, which may be a key
    if (!isHeaderText(value)) draft.refuse(at, 'printable ASCII', 'other characters')
    if (!OF_KEYS.test(name) || variablesIn(value).length > 0) continue
    const expected = `the name of an environment variable, such as ${variable('API_KEY')}`
    draft.refuse(at, `${expected}, as a key is no part of a scenario`, 'its value')
  }
  const states = target.kind === 'openai' ? checkCompletions : checkBatches
  const unused = states(pool, target, draft)
  if (role === 'executor') {
    draft.unused([...path, 'target', 'connections'], 'an executor has one for each replica')
  } else if (draft.pools.length > 1) {
    const expected = 'role executor, as a server is the only pool of a scenario'
    draft.refuse([...path, 'target', 'role'], expected, `role server among ${draft.pools.length}`)
  }
  for (const key of unused) draft.unused([...path, key], 'a server runs the batches of this pool')
}

type PoolKeys = readonly ('memory' | 'generation' | 'execution_provider' | 'threads')[]

/** Checks a server that gets batches, or forms some. Returns keys of the pool that have no use. */
function checkBatches(pool: PoolDraft, _: Target, draft: Draft): PoolKeys {
  const { path } = pool
  const model = draft.modelOf(pool)
  if (model !== null && 'work' in model && !generates(model)) {
    const text = 'no target, as declared work states no inputs; name a model that has some'
    draft.refuse([...path, 'target'], text)
  }
  draft.unused([...path, 'target', 'vocabulary'], 'kind oip sends the inputs of the model')
  if (model !== null && generates(model)) {
    draft.refuse([...path, 'target', 'kind'], 'openai, as the model of this pool generates')
    return ['execution_provider', 'threads']
  }
  return ['memory', 'generation', 'execution_provider', 'threads']
}

/** The same of a server that generates. */
function checkCompletions(pool: PoolDraft, { url, role }: Target, draft: Draft): PoolKeys {
  const { path } = pool
  const at = (key: string) => [...path, 'target', key]
  if (role === 'executor') {
    const text = 'role server, as completions are queued and batched by their server'
    draft.refuse(at('role'), text)
  }
  draft.unused(at('version'), 'kind openai names a model only')
  const model = draft.modelOf(pool)
  if (model !== null && !generates(model)) {
    const text =
      'oip, as the model of this pool does not generate: openai is for decoders, and work'
    draft.refuse(at('kind'), `${text} of law generation`)
  }
  if (/\/v1\/?$/.test(url)) draft.refuse(at('url'), 'an address without /v1, which is added')
  return ['execution_provider', 'threads']
}

/** What is expected of the address of a server; null where it is one. A key is no part of it. */
function urlProblem(text: string): string | null {
  const expected = 'an address such as http://127.0.0.1:8000'
  if (!URL.canParse(text)) return expected
  const { protocol, username, password, search, hash } = new URL(text)
  if (protocol !== 'http:' && protocol !== 'https:') return expected
  if (username !== '' || password !== '') return `${expected}, without a user or a password`
  return search === '' && hash === '' ? null : `${expected}, without ? and #`
}
