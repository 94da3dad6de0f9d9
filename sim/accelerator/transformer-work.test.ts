import { describe, expect, test } from 'vitest'
import { BERT_BASE, LLAMA_2_7B, LLAMA_31_8B, MIXTRAL } from './models.test-helper.ts'
import { parameters } from './transformer.ts'
import { type KernelGroup, type Pass, passWork, totalWork } from './transformer-work.ts'

const AT_16 = { weightBits: 16, activationBits: 16, fusedAttention: true } as const

const group = (groups: readonly KernelGroup[], of: KernelGroup['name']) =>
  groups.find(({ name }) => name === of)!

describe('FLOPs of a pass', () => {
  test('BERT-base over 1 × 128 tokens: 21.7 billion in its matrices, 0.6 in attention', () => {
    const groups = passWork(BERT_BASE, { ...AT_16, sequences: 1, tokens: 128 })
    // 12 layers × 128 tokens × 2 × (4 × 768² + 2 × 768 × 3072)
    expect(group(groups, 'linear').flops).toBe(21_743_271_936)
    // 12 layers × 4 × 768 × 128²
    expect(group(groups, 'attention').flops).toBe(603_979_776)
  })

  test('a decode step of Llama-2-7B: 2 a weight of its matrices', () => {
    const groups = passWork(LLAMA_2_7B, { ...AT_16, sequences: 1, tokens: 1 })
    const norms = 65 * 4096
    const embedding = 32_000 * 4096
    const matrices = parameters(LLAMA_2_7B).total - norms - embedding
    expect(group(groups, 'linear').flops).toBe(2 * matrices)
  })

  test('attention is causal: a prompt takes as much as its tokens one by one', () => {
    const prompt = passWork(LLAMA_2_7B, { ...AT_16, sequences: 1, tokens: 50 })
    let steps = 0
    for (let past = 0; past < 50; past++) {
      const step = passWork(LLAMA_2_7B, { ...AT_16, sequences: 1, tokens: 1, past })
      steps += group(step, 'attention').flops
    }
    expect(group(prompt, 'attention').flops).toBe(steps)
  })

  test('negative control: attention of an encoder takes nearly twice as much', () => {
    const pass = { ...AT_16, sequences: 1, tokens: 50 }
    const [causal, full] = [LLAMA_2_7B, { ...LLAMA_2_7B, kind: 'encoder' as const }].map(
      (model) => group(passWork(model, pass), 'attention').flops,
    )
    expect(full! / causal!).toBeCloseTo(100 / 51, 12)
  })

  test('a token of Mixtral takes those of two experts', () => {
    const { flops } = group(passWork(MIXTRAL, { ...AT_16, sequences: 1, tokens: 1 }), 'linear')
    expect(flops / (2 * parameters(MIXTRAL).active)).toBeCloseTo(1, 1)
  })
})

describe('bytes of a pass', () => {
  const bytes = (pass: Partial<Pass>, model = LLAMA_2_7B) => {
    const groups = passWork(model, { ...AT_16, sequences: 1, tokens: 1, ...pass })
    return Object.fromEntries(groups.map(({ name, bytes }) => [name, bytes]))
  }

  test('of a decode step are nearly those of the weights', () => {
    const weights = 2 * (parameters(LLAMA_2_7B).total - 32_000 * 4096)
    expect(bytes({}).linear! / weights).toBeGreaterThan(1)
    expect(bytes({}).linear! / weights).toBeLessThan(1.001)
    expect(bytes({ weightBits: 4 }).linear! / weights).toBeLessThan(0.252)
  })

  test('of attention grow by 512 KiB a token of the KV cache; a quarter with 8 KV heads', () => {
    const cached = (model: typeof LLAMA_2_7B) =>
      bytes({ past: 1000 }, model).attention! - bytes({ past: 999 }, model).attention!
    expect(cached(LLAMA_2_7B)).toBe(512 * 1024)
    expect(cached(LLAMA_31_8B)).toBe(128 * 1024)
  })

  test('unfused attention moves scores: four times a head and pair', () => {
    const pass = { sequences: 2, tokens: 10 }
    const unfused = bytes({ ...pass, fusedAttention: false }, BERT_BASE).attention!
    const scores = 12 * 4 * 12 * 2 * 10 * 10 * 2
    expect(unfused - bytes(pass, BERT_BASE).attention!).toBe(scores)
  })

  test('two sequences of Mixtral read 3.5 of 8 experts', () => {
    const expert = 32 * 3 * 4096 * 14_336 * 2
    const more = bytes({ sequences: 2 }, MIXTRAL).linear! - bytes({}, MIXTRAL).linear!
    expect(more / expert).toBeCloseTo(1.5, 2)
  })
})

describe('tensor parallel', () => {
  test('divides FLOPs and weights; norms and residuals stay on every card', () => {
    const pass = { ...AT_16, sequences: 8, tokens: 100 }
    const whole = passWork(LLAMA_2_7B, pass)
    const four = passWork(LLAMA_2_7B, { ...pass, cards: 4 })
    expect(totalWork(four).flops).toBe(totalWork(whole).flops / 4)
    expect(group(four, 'linear').bytes).toBe(group(whole, 'linear').bytes / 4)
    const [alone, shared] = [whole, four].map((groups) => group(groups, 'elementwise').bytes)
    expect(shared).toBeGreaterThan(alone! / 4)
    expect(shared).toBeLessThan(alone!)
  })
})
