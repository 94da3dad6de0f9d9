/** A file of an accelerator as a user would write it, with the keys that are required. */
export const OWN_CARD = `accelerator: 1
name: own
title: A card of our own
vendor: Us
memory_gib: { value: 16, confidence: checked, source: nvidia-smi }
bandwidth_gb_s: { value: 320, confidence: checked, source: a benchmark }
tflops:
  fp16: { value: 65, confidence: uncalibrated, source: half of another card }
power_w: { value: 70, confidence: checked, source: nvidia-smi }
`
