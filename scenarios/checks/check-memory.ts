import type { Path } from '../parse/located.ts'
import { didYouMean } from '../parse/nearest.ts'
import type { Device, ModelMemory, PoolMemory } from '../schema/schema.ts'
import type { Draft, PoolDraft, Report } from './draft.ts'
import { atLeast, MIB, weightsBytes } from './weights.ts'

/** Checks that memory is declared where it is used, and that weights and arenas fit. */
export function checkMemory(draft: Draft, report: Report): void {
  for (const pool of draft.pools) {
    if (pool.memory === null) continue
    checkPlace(pool.memory, pool, draft, report)
    checkAllocator(pool.memory, pool, draft, report)
    checkModel(pool, draft, report)
    checkLimit(pool.memory, pool, draft, report)
  }
  for (const [i, device] of draft.devices.entries()) {
    if (device !== null) checkDevice(device, i, draft, report)
  }
  for (const [name, model] of draft.models) {
    if (model && 'work' in model && model.memory) checkUse(name, model.memory, draft, report)
  }
}

const generates = (pool: PoolDraft, draft: Draft) => draft.has([...pool.path, 'generation'])

/** The device that a pool names; null if it names none, or an unknown one. */
function deviceOf(pool: PoolDraft, { devices }: Draft): Device | null {
  const name = pool.memory?.device
  return devices.find((device) => device !== null && device.name === name) ?? null
}

function checkPlace(memory: PoolMemory, pool: PoolDraft, draft: Draft, report: Report): void {
  const path = [...pool.path, 'memory']
  const { device: name, limit_mib: limit } = memory
  const device = deviceOf(pool, draft)
  if (name !== undefined && device === null) {
    if (draft.devices.includes(null)) return
    const known = draft.devices.flatMap((listed) => listed?.name ?? [])
    const expected =
      known.length > 0
        ? `one of the devices ${known.join(', ')}`
        : 'one of devices, of which there are none'
    report('value', [...path, 'device'], `${expected}, got "${name}"${didYouMean(name, known)}`)
    return
  }
  if (name !== undefined && limit !== undefined) {
    const text = `no limit_mib beside device ${name}, which has one, got "limit_mib"`
    report('key', [...path, 'limit_mib'], text)
  }
  if (device?.residency) return
  const where =
    device === null
      ? 'without a device, as weights stay where they are'
      : `on ${device.name}, which has no residency: weights stay where they are`
  if (memory.pinned !== undefined) {
    report('key', [...path, 'pinned'], `no pinned ${where}, got "pinned"`)
  }
  const remedies = 'out_of_memory' in memory ? (memory.out_of_memory ?? []) : []
  const evict = remedies.indexOf('evict')
  if (evict < 0) return
  report('value', [...path, 'out_of_memory', evict], `no evict ${where}, got "evict"`)
}

function checkAllocator(memory: PoolMemory, pool: PoolDraft, draft: Draft, report: Report): void {
  const path = [...pool.path, 'memory']
  const { allocator } = memory
  const cached = allocator === 'paged' || allocator === 'contiguous'
  if (cached !== generates(pool, draft)) {
    const expected = cached
      ? 'bfc, caching, bucket or buddy in a pool that does not generate'
      : 'paged or contiguous in a pool that generates'
    report('value', [...path, 'allocator'], `${expected}, got ${allocator}`)
  }
  const remedies = 'out_of_memory' in memory ? (memory.out_of_memory ?? []) : []
  const idle = remedies.findIndex((remedy) => remedy !== 'split')
  const why = idleRemedy(memory)
  if (idle >= 0 && why !== null) {
    const text = `no ${remedies[idle]} ${why}, got "${remedies[idle]}"`
    report('value', [...path, 'out_of_memory', idle], text)
  }
  const again = remedies.findIndex((remedy, i) => remedies.indexOf(remedy) < i)
  if (again < 0) return
  const text = `each remedy once, got "${remedies[again]}" again`
  report('value', [...path, 'out_of_memory', again], text)
}

/** Why no freed memory could help a pool; null if it could. */
function idleRemedy(memory: PoolMemory): string | null {
  if (memory.allocator === 'buddy') return 'with allocator buddy, whose arena never grows'
  if (memory.limit_mib !== undefined || memory.device !== undefined) return null
  return 'without a limit_mib or device, as memory never runs out'
}

/** Declared models must state their memory; for other models a calibration measures it. */
function checkModel(pool: PoolDraft, draft: Draft, report: Report): void {
  const model = pool.model === null ? null : draft.models.get(pool.model)
  if (!model || !('work' in model)) return
  const path = ['models', pool.model!]
  const because = `as pool ${pool.name ?? '?'} says memory`
  if (model.memory === undefined) {
    report('value', path, `memory, ${because}, got nothing`)
  } else if (generates(pool, draft) && model.memory.kv_cache === undefined) {
    report('value', [...path, 'memory'], `kv_cache, ${because} and generates, got nothing`)
  }
}

/** Checks the weights and the initial arena of one replica against its limit. */
function checkLimit(memory: PoolMemory, pool: PoolDraft, draft: Draft, report: Report): void {
  const { limit_mib: limit, device } = memory
  const least = leastBytes(pool, draft)
  if (limit === undefined || device !== undefined || least === null) return
  if (generates(pool, draft) || least <= limit * MIB) return
  const text = `${atLeast(least)}, as ${partsOf(memory)} of a replica take, got ${limit}`
  report('value', [...pool.path, 'memory', 'limit_mib'], text)
}

/** Bytes of weights and of an initial arena; null if unknown. */
function leastBytes(pool: PoolDraft, draft: Draft): number | null {
  const weights = weightsBytes(pool, draft)
  if (weights === null || pool.memory?.allocator !== 'buddy') return weights
  return weights + pool.memory.arena_mib * MIB
}

const partsOf = (memory: PoolMemory) =>
  memory.allocator === 'buddy' ? 'weights and arena' : 'the weights'

function checkDevice(device: Device, index: number, draft: Draft, report: Report): void {
  const path = ['devices', index]
  const first = draft.devices.findIndex((candidate) => candidate?.name === device.name)
  if (first < index) {
    const text = `a name of its own, got "${device.name}" as in devices.${first}`
    report('value', [...path, 'name'], text)
    return
  }
  const pools = draft.pools.filter(({ memory }) => memory?.device === device.name)
  // an unreadable or unknown device might have been meant to be this one
  const unclear = draft.pools.some((pool) => {
    if (pool.memory === null) return draft.has([...pool.path, 'memory'])
    return pool.memory.device !== undefined && deviceOf(pool, draft) === null
  })
  if (pools.length === 0) {
    if (!unclear) report('value', path, `a pool that names ${device.name}, got none`)
    return
  }
  if (pools.some((pool) => generates(pool, draft))) return
  if (device.residency && pools.every(({ memory }) => memory?.pinned === true)) {
    const text = `no residency, as all models on ${device.name} are pinned, got "residency"`
    report('key', [...path, 'residency'], text)
  }
  checkRate(device, path, pools, { draft, report })
  const needs = pools.map((pool) => ({ pool, bytes: leastBytes(pool, draft) }))
  const known = needs.filter((need): need is { pool: PoolDraft; bytes: number } => {
    return need.bytes !== null
  })
  checkRoom(device, path, known, report)
}

/** Load times must be declared for declared models; for others they can be measured. */
function checkRate(
  { name, residency }: Device,
  path: readonly (string | number)[],
  pools: readonly PoolDraft[],
  { draft, report }: { readonly draft: Draft; readonly report: Report },
): void {
  if (residency === undefined || residency.gib_per_s !== undefined) return
  const at = [...path, 'residency']
  const declared = pools.find(({ model, memory }) => {
    const definition = model === null ? null : draft.models.get(model)
    return definition && 'work' in definition && memory?.pinned !== true
  })
  if (declared !== undefined) {
    report('value', at, `gib_per_s, as ${declared.model} on ${name} is declared, got nothing`)
  } else if (draft.has([...at, 'set_up_ms'])) {
    const text = 'no set_up_ms without gib_per_s, as loads then take what was measured'
    report('key', [...at, 'set_up_ms'], `${text}, got "set_up_ms"`)
  }
}

/**
 * Checks the room for models that must be loaded at the same time. With residency these are all
 * pinned models and any one of the others.
 */
function checkRoom(
  { limit_mib: limit, residency }: Device,
  path: readonly (string | number)[],
  needs: readonly { readonly pool: PoolDraft; readonly bytes: number }[],
  report: Report,
): void {
  const stays = needs.filter(({ pool }) => residency === undefined || pool.memory?.pinned === true)
  const others = needs.filter((need) => !stays.includes(need))
  const all = stays.reduce((sum, { pool, bytes }) => sum + bytes * (pool.replicas ?? 1), 0)
  const largest = Math.max(0, ...others.map(({ bytes }) => bytes))
  if (all + largest <= limit * MIB) return
  const what =
    residency === undefined
      ? 'the weights of all its replicas take'
      : 'pinned weights and the largest model beside them take'
  const text = `${atLeast(all + largest)}, as ${what}, got ${limit}`
  report('value', [...path, 'limit_mib'], text)
}

/** Rejects memory keys of a model that have no effect. */
function checkUse(name: string, memory: ModelMemory, draft: Draft, report: Report): void {
  const path = ['models', name, 'memory']
  const users = draft.pools.filter((pool) => pool.model === name)
  const says = users.filter((pool) => draft.has([...pool.path, 'memory']))
  if (says.length === 0) {
    report('key', path, `no memory of ${name}, as no pool of it says memory, got "memory"`)
    return
  }
  const generating = says.some((pool) => generates(pool, draft))
  if (memory.kv_cache !== undefined && !generating) {
    const text = `no kv_cache of ${name}, as no pool of it generates, got "kv_cache"`
    report('key', [...path, 'kv_cache'], text)
  }
  for (const key of ['input', 'activations', 'output']) {
    if (!generating || !draft.has([...path, key])) continue
    const text = `no ${key} of ${name}, which generates: its KV cache counts, got "${key}"`
    report('key', [...path, key], text)
  }
  checkBuffers(path, memory, draft, report)
}

const SIZES = ['kib', 'per_item_kib', 'per_token_kib', 'per_token_squared_kib']

/** Checks that each buffer states its size, even if it is 0. */
function checkBuffers(path: Path, memory: ModelMemory, draft: Draft, report: Report): void {
  const buffers = [
    ...['input', 'output'].map((key) => [...path, key]),
    ...memory.activations.map((_, i) => [...path, 'activations', i]),
  ]
  for (const buffer of buffers) {
    if (!draft.has(buffer) || SIZES.some((key) => draft.has([...buffer, key]))) continue
    report('value', buffer, `the key ${SIZES.join(' or ')}, got none of them`)
  }
}
