import type { Path } from '../parse/located.ts'
import { didYouMean } from '../parse/nearest.ts'
import type { Device, ModelMemory, PoolMemory } from '../schema/schema.ts'
import { allocators, servesBatches } from '../schema/schema-memory.ts'
import { isRepeated } from './check-names.ts'
import type { Draft, PoolDraft } from './draft.ts'
import { atLeast, MIB, weightsBytes } from './weights.ts'

/** Checks that memory is declared where it is used, and that weights and arenas fit. */
export function checkMemory(draft: Draft): void {
  for (const pool of draft.pools) {
    if (pool.memory === null) continue
    checkPlace(pool.memory, pool, draft)
    checkAllocator(pool.memory, pool, draft)
    checkModel(pool, draft)
    checkLimit(pool.memory, pool, draft)
  }
  for (const [i, device] of draft.devices.entries()) {
    if (device !== null) checkDevice(device, i, draft)
  }
  for (const [name, model] of draft.models) {
    if (model && 'work' in model && model.memory) checkUse(name, model.memory, draft)
  }
}

function checkPlace(memory: PoolMemory, pool: PoolDraft, draft: Draft): void {
  const path = [...pool.path, 'memory']
  const { device: name } = memory
  const device = draft.deviceOf(pool)
  if (name !== undefined && device === null) {
    if (draft.devices.includes(null)) return
    const names = draft.devices.flatMap((listed) => listed?.name ?? [])
    const expected =
      names.length > 0 ? `one of the devices ${names.join(', ')}` : 'an entry of devices'
    draft.refuse([...path, 'device'], expected, `"${name}"${didYouMean(name, names)}`)
    return
  }
  if (name !== undefined) draft.unused([...path, 'limit_mib'], `device ${name} has one`)
  if (device?.residency) return
  const where =
    device === null ? 'the pool has no device' : `device ${device.name} has no residency`
  const why = `weights stay loaded, as ${where}`
  draft.unused([...path, 'pinned'], why)
  const evict = remediesOf(memory).indexOf('evict')
  if (evict >= 0) draft.unused([...path, 'out_of_memory', evict], why)
}

const remediesOf = (memory: PoolMemory) =>
  servesBatches(memory) ? (memory.out_of_memory ?? []) : []

function checkAllocator(memory: PoolMemory, pool: PoolDraft, draft: Draft): void {
  const path = [...pool.path, 'memory']
  if (servesBatches(memory) === draft.generates(pool)) {
    const where = draft.generates(pool) ? 'with generation' : 'without generation'
    const fitting = Object.entries(allocators).flatMap(([name, { gives }]) =>
      (gives === 'chunks') === draft.generates(pool) ? [] : [name],
    )
    draft.refuse([...path, 'allocator'], `one of ${fitting.join(', ')} in a pool ${where}`)
  }
  const remedies = remediesOf(memory)
  const idle = remedies.findIndex((remedy) => remedy !== 'split')
  const why = idleRemedy(memory)
  if (idle >= 0 && why !== null) draft.unused([...path, 'out_of_memory', idle], why)
  const again = remedies.findIndex((remedy, i) => remedies.indexOf(remedy) < i)
  if (again >= 0) draft.unused([...path, 'out_of_memory', again], 'it is in the list already')
}

/** Why no freed memory could help a pool; null if it could. */
function idleRemedy(memory: PoolMemory): string | null {
  const { allocator, limit_mib, device } = memory
  if (allocators[allocator].arena) return `the arena of allocator ${allocator} never grows`
  if (limit_mib !== undefined || device !== undefined) return null
  return 'memory never runs out without a limit_mib or device'
}

/** Declared models must state their memory; for other models a calibration measures it. */
function checkModel(pool: PoolDraft, draft: Draft): void {
  const model = draft.modelOf(pool)
  if (!model || !('work' in model)) return
  const path = ['models', pool.model!]
  const because = `as pool ${pool.name ?? '?'} has memory`
  if (model.memory === undefined) draft.refuse(path, `the key memory, ${because}`, 'nothing')
  else if (draft.generates(pool) && model.memory.kv_cache === undefined) {
    const text = `the key kv_cache, ${because} and generation`
    draft.refuse([...path, 'memory'], text, 'nothing')
  }
}

/** Checks the weights and the initial arena of one replica against its limit. */
function checkLimit(memory: PoolMemory, pool: PoolDraft, draft: Draft): void {
  const { limit_mib: limit, device } = memory
  const least = leastBytes(pool, draft)
  if (limit === undefined || device !== undefined || least === null) return
  if (draft.generates(pool) || least <= limit * MIB) return
  const parts = allocators[memory.allocator].arena ? 'weights and arena' : 'the weights'
  draft.refuse(
    [...pool.path, 'memory', 'limit_mib'],
    `${atLeast(least)}, for ${parts} of a replica`,
  )
}

/** Bytes of weights and of an initial arena; null if unknown. */
function leastBytes(pool: PoolDraft, draft: Draft): number | null {
  const weights = weightsBytes(pool, draft)
  if (weights === null || !pool.memory || !('arena_mib' in pool.memory)) return weights
  return weights + pool.memory.arena_mib * MIB
}

function checkDevice(device: Device, index: number, draft: Draft): void {
  const path = ['devices', index]
  const names = draft.devices.map((listed) => listed?.name ?? null)
  if (isRepeated(['devices', index, 'name'], names, draft)) return
  const pools = draft.pools.filter(({ memory }) => memory?.device === device.name)
  // an unreadable or unknown device might have been meant to be this one
  const unclear = draft.pools.some((pool) => {
    if (pool.memory === null) return draft.has([...pool.path, 'memory'])
    return pool.memory.device !== undefined && draft.deviceOf(pool) === null
  })
  if (pools.length === 0) {
    if (!unclear) draft.refuse(path, `a pool with memory.device ${device.name}`, 'none')
    return
  }
  if (pools.some((pool) => draft.generates(pool))) return
  if (device.residency && pools.every(({ memory }) => memory?.pinned === true)) {
    draft.unused([...path, 'residency'], `all models on ${device.name} are pinned`)
  }
  checkRate(device, path, pools, draft)
  const needs = pools.flatMap((pool) => {
    const bytes = leastBytes(pool, draft)
    return bytes === null ? [] : [{ pool, bytes }]
  })
  checkRoom(device, path, needs, draft)
}

/** Load times must be declared for declared models; for others they can be measured. */
function checkRate(
  { name, residency }: Device,
  path: Path,
  pools: readonly PoolDraft[],
  draft: Draft,
): void {
  if (residency === undefined || residency.gib_per_s !== undefined) return
  const at = [...path, 'residency']
  const declared = pools.find((pool) => {
    const model = draft.modelOf(pool)
    return model && 'work' in model && pool.memory?.pinned !== true
  })
  if (declared !== undefined) {
    const text = `the key gib_per_s, as ${declared.model} on ${name} is declared`
    draft.refuse(at, text, 'nothing')
  } else draft.unused([...at, 'set_up_ms'], 'without gib_per_s loads take the calibrated time')
}

/**
 * Checks the room for models that must be loaded at the same time. With residency these are all
 * pinned models and any one of the others.
 */
function checkRoom(
  { limit_mib: limit, residency }: Device,
  path: Path,
  needs: readonly { readonly pool: PoolDraft; readonly bytes: number }[],
  draft: Draft,
): void {
  const stays = needs.filter(({ pool }) => residency === undefined || pool.memory?.pinned === true)
  const swapped = needs.filter((need) => !stays.includes(need))
  const staying = stays.reduce((sum, { pool, bytes }) => sum + bytes * (pool.replicas ?? 1), 0)
  const largest = Math.max(0, ...swapped.map(({ bytes }) => bytes))
  if (staying + largest <= limit * MIB) return
  const what =
    residency === undefined
      ? 'the weights of all its replicas'
      : 'pinned weights and the largest other model'
  draft.refuse([...path, 'limit_mib'], `${atLeast(staying + largest)}, for ${what}`)
}

/** Rejects memory keys of a model that have no effect. */
function checkUse(name: string, memory: ModelMemory, draft: Draft): void {
  const path = ['models', name, 'memory']
  const users = draft.pools.filter((pool) => pool.model === name)
  const limited = users.filter((pool) => draft.has([...pool.path, 'memory']))
  if (limited.length === 0) {
    draft.unused(path, `no pool of model ${name} has memory`)
    return
  }
  if (limited.some((pool) => draft.generates(pool))) {
    for (const key of ['input', 'activations', 'output']) {
      draft.unused([...path, key], `a pool of model ${name} has generation, which uses kv_cache`)
    }
  } else draft.unused([...path, 'kv_cache'], `no pool of model ${name} has generation`)
  checkBuffers(path, memory, draft)
}

const SIZES = ['kib', 'per_item_kib', 'per_token_kib', 'per_token_squared_kib']

/** Checks that each buffer states its size, even if it is 0. */
function checkBuffers(path: Path, memory: ModelMemory, draft: Draft): void {
  const buffers = [
    ...['input', 'output'].map((key) => [...path, key]),
    ...memory.activations.map((_, i) => [...path, 'activations', i]),
  ]
  for (const buffer of buffers) {
    if (!draft.has(buffer) || SIZES.some((key) => draft.has([...buffer, key]))) continue
    draft.refuse(buffer, `the key ${SIZES.join(' or ')}`, 'none of them')
  }
}
