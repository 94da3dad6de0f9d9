import type { MemorySeries, MemorySpace } from '../../documents/index.ts'
import { estimate, KvSpaces, type SpaceCounts, type SpaceSummary } from '../../stats/index.ts'
import { MemoryObserver } from '../../world/index.ts'
import { overRuns, shareOver } from '../result/over-runs.ts'
import type { SystemFamily } from './family.ts'

/** Memory of devices and pools; none of a replay, whose arenas are read apart. */
export const memory: SystemFamily<SpaceSummary[], 'memory'> = {
  start({ scenario, plan, requests, replication, simulated }) {
    if (simulated === null) return { observers: [], summary: () => [] }
    const { memory: arenas } = simulated
    const caches = new KvSpaces(scenario, plan, replication === 0)
    return {
      observers: [
        ...(arenas === null ? [] : [new MemoryObserver(arenas, requests)]),
        ...(caches.areUsed ? [caches] : []),
      ],
      summary: () => [...(arenas?.spaces() ?? []), ...caches.summaries()],
    }
  },

  ofSystem: (summaries) => ({ memory: memoryResult(summaries) }),
}

const MIB = 2 ** 20

/** One entry for each space; `runs`: the same spaces in each run. */
export function memoryResult(runs: readonly (readonly SpaceSummary[])[]): MemorySpace[] {
  return (runs[0] ?? []).map((_, i) => spaceResult(runs.map((spaces) => spaces[i]!)))
}

function spaceResult(runs: readonly SpaceSummary[]): MemorySpace {
  const first = runs[0]!
  const mib = (of: (run: SpaceSummary) => number) => {
    const values = runs.map((run) => of(run) / MIB)
    // a real arena does not enforce the limit of its device, so a replay may exceed it
    return estimate(values, runs.length, Math.max(first.limitBytes / MIB, ...values))
  }
  const share = (of: (run: SpaceSummary) => number) => overRuns(runs, of, 1)
  const sum = (key: keyof SpaceCounts) => runs.reduce((all, { counts }) => all + counts[key], 0)
  const { residency } = first
  const limited = Number.isFinite(first.limitBytes)
  return {
    name: first.name,
    shared: first.shared,
    pools: [...first.pools],
    allocators: [...first.allocators],
    limit_mib: limited ? first.limitBytes / MIB : null,
    weights_mib: first.weightsBytes / MIB,
    peak_requested_mib: mib((run) => run.peakRequested),
    peak_in_use_mib: mib((run) => run.peakInUse),
    peak_held_mib: mib((run) => run.peakHeld),
    internal_fragmentation: share((run) => run.internal),
    external_fragmentation: share((run) => run.external),
    free_share: share((run) => run.freeShare),
    pinned_free_mib: mib((run) => run.pinnedFree),
    largest_free_mib: limited ? mib((run) => run.largestFree) : null,
    extensions: overRuns(runs, ({ counts }) => counts.extensions),
    out_of_memory: {
      shortage: sum('shortage'),
      fragmentation: sum('fragmentation'),
      oversize: sum('oversize'),
      loads: sum('loads'),
    },
    remedies: {
      shrunk: sum('shrunk'),
      evicted: sum('evicted'),
      split: sum('split'),
      failed: sum('failed'),
    },
    residency: residency && {
      loads: overRuns(runs, (run) => run.residency!.loads),
      evictions: overRuns(runs, (run) => run.residency!.evictions),
      cold_share: shareOver(runs.map((run) => run.cold!)),
      pools: loadsResult(runs),
    },
    series: seriesResult(runs),
    map: first.map.map(({ atMs, chunks }) => ({
      at_s: atMs / 1000,
      chunks: chunks.map(({ address, bytes, owner }) => ({
        address_mib: address / MIB,
        mib: bytes / MIB,
        owner,
      })),
    })),
  }
}

function loadsResult(runs: readonly SpaceSummary[]) {
  return runs[0]!.pools.flatMap((pool) => {
    const of = runs.flatMap(({ residency }) =>
      residency!.pools.filter((loads) => loads.pool === pool),
    )
    if (of.length < runs.length) return []
    const n = of.reduce((sum, { loads }) => sum + loads, 0)
    return [
      {
        pool,
        loads: overRuns(of, ({ loads }) => loads),
        load_ms: estimate(
          of.map(({ loads, ms }) => ms / loads),
          n,
        ),
      },
    ]
  })
}

function seriesResult(runs: readonly SpaceSummary[]): MemorySeries {
  const mean = (of: (series: SpaceSummary['series']) => readonly number[]) =>
    of(runs[0]!.series).map(
      (_, i) => runs.reduce((sum, { series }) => sum + of(series)[i]!, 0) / runs.length / MIB,
    )
  const free = mean(({ largestFree }) => largestFree)
  return {
    bucket_s: runs[0]!.series.bucketS,
    requested_mib: mean(({ requested }) => requested),
    in_use_mib: mean(({ inUse }) => inUse),
    held_mib: mean(({ held }) => held),
    largest_free_mib: free.every(Number.isFinite) ? free : null,
  }
}
