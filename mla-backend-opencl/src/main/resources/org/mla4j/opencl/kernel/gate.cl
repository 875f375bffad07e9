// Picks experts, EXPERTS in GROUPS groups, of which CHOICES of KEPT_GROUPS groups are taken. One
// work-group for each row. OpenCL C 1.2 core.

#define ROW(buffer, row, stride, base) ((global char *)(buffer) + (base) + (ulong)(row) * (stride))
#define GROUP_SIZE (EXPERTS / GROUPS)

// How many values rank before one: larger, or equal with a lower index.
int rank_of(local const float *values, int count, int index) {
  int rank = 0;
  for (int i = 0; i < count; i++) {
    rank += values[i] > values[index] || (values[i] == values[index] && i < index);
  }
  return rank;
}

// The largest value of a group, or the sum of the two largest.
float group_score(local const float *choices) {
  float largest = -INFINITY;
  float second = -INFINITY;
  for (int i = 0; i < GROUP_SIZE; i++) {
    second = fmax(second, fmin(largest, choices[i]));
    largest = fmax(largest, choices[i]);
  }
  return TOP2_SUM ? largest + second : largest;
}

void score(global const float *logits, local float *scores) {
  const int item = get_local_id(0);
  if (SIGMOID) {
    for (int i = item; i < EXPERTS; i += GROUP) {
      scores[i] = 1 / (1 + exp(-logits[i]));
    }
    barrier(CLK_LOCAL_MEM_FENCE);
    return;
  }
  float largest = -INFINITY;
  for (int i = 0; i < EXPERTS; i++) {
    largest = fmax(largest, logits[i]);
  }
  for (int i = item; i < EXPERTS; i += GROUP) {
    scores[i] = exp(logits[i] - largest);
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  float sum = 0;
  for (int i = 0; i < EXPERTS; i++) { // every item in the same order
    sum += scores[i];
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int i = item; i < EXPERTS; i += GROUP) {
    scores[i] /= sum;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
}

kernel void moe_gate(
    global const void *logits, ulong logits_stride,
    global void *ids, ulong ids_stride,
    global void *weights, ulong weights_stride,
    global const float *bias, int has_bias, int normalised, float scaling,
    ulong logits_base, ulong ids_base, ulong weights_base) {
  local float scores[EXPERTS];
  local float choices[EXPERTS];
  local float group_scores[GROUPS];
  local int kept[GROUPS];
  local int picked[EXPERTS];
  const int item = get_local_id(0);
  const int row = get_global_id(1);
  score((global const float *)ROW(logits, row, logits_stride, logits_base), scores);
  for (int i = item; i < EXPERTS; i += GROUP) {
    const float choice = has_bias ? scores[i] + bias[i] : scores[i];
    choices[i] = isnan(choice) ? -INFINITY : choice; // so that as many are picked as there must be
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int i = item; i < GROUPS; i += GROUP) {
    group_scores[i] = group_score(choices + i * GROUP_SIZE);
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int i = item; i < GROUPS; i += GROUP) {
    kept[i] = rank_of(group_scores, GROUPS, i) < KEPT_GROUPS;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int i = item; i < EXPERTS; i += GROUP) {
    choices[i] = kept[i / GROUP_SIZE] ? choices[i] : -INFINITY;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  for (int i = item; i < EXPERTS; i += GROUP) {
    picked[i] = rank_of(choices, EXPERTS, i) < CHOICES;
  }
  barrier(CLK_LOCAL_MEM_FENCE);
  if (item == 0) {
    float sum = 0;
    for (int i = 0; i < EXPERTS; i++) {
      sum += picked[i] ? scores[i] : 0;
    }
    const float factor = normalised ? scaling / (sum + 1e-20f) : scaling;
    global int *id = (global int *)ROW(ids, row, ids_stride, ids_base);
    global float *weight = (global float *)ROW(weights, row, weights_stride, weights_base);
    int k = 0;
    for (int i = 0; i < EXPERTS; i++) {
      if (picked[i]) {
        id[k] = i;
        weight[k] = scores[i] * factor;
        k++;
      }
    }
  }
}
