// Draws a token for each row of logits, one work-group for each row, in binary64. Each item holds a
// run of neighbours, and sums of items are added in the order of the items. OpenCL C 1.2 with
// cl_khr_fp64.

#pragma OPENCL EXTENSION cl_khr_fp64 : enable

#define ROW(buffer, row, stride, base) ((global char *)(buffer) + (base) + (ulong)(row) * (stride))

// Larger for larger logits, equal for equal ones: both zeros are one.
uint rank_key(float logit) {
  const uint bits = as_uint(logit == 0 ? 0.0f : logit);
  return bits >> 31 ? ~bits : bits | 0x80000000u;
}

double sum_of(local const double *values, int count) {
  double sum = 0;
  for (int i = 0; i < count; i++) {
    sum += values[i];
  }
  return sum;
}

double group_sum(double value, local double *shared) {
  barrier(CLK_LOCAL_MEM_FENCE);
  shared[get_local_id(0)] = value;
  barrier(CLK_LOCAL_MEM_FENCE);
  return sum_of(shared, GROUP);
}

// What tokens whose key is at least this one count together: their weights, or 1 each.
double counted(
    global const float *logits, global const double *weights, uint key, int weighed,
    int from, int to, local double *shared) {
  double sum = 0;
  for (int token = from; token < to; token++) {
    if (weights[token] > 0 && rank_key(logits[token]) >= key) {
      sum += weighed ? weights[token] : 1;
    }
  }
  return group_sum(sum, shared);
}

// Takes the weights of all but the fewest largest that count as much as wanted together; nothing if
// all do not. Of equal ones the lowest ids are kept. An item without tokens does nothing but meet
// the others, so that no barrier depends on how a row is sampled.
void keep_largest(
    global const float *logits, global double *weights, double wanted, int weighed,
    int from, int to, local double *shared) {
  const double all = counted(logits, weights, 0, weighed, from, to, shared);
  uint key = 0;
  for (int bit = 31; bit >= 0; bit--) {
    const uint larger = key | 1u << bit;
    const double count = counted(logits, weights, larger, weighed, from, to, shared);
    key = count >= wanted ? larger : key;
  }
  double sum = 0;
  double ties = 0;
  double one = 0;
  for (int token = from; token < to; token++) {
    if (weights[token] > 0) {
      const uint own = rank_key(logits[token]);
      const double counts = weighed ? weights[token] : 1;
      sum += own > key ? counts : 0;
      ties += own == key;
      one = own == key ? counts : one;
    }
  }
  const double above = group_sum(sum, shared);
  group_sum(one, shared);
  double each = 0;
  for (int i = 0; i < GROUP; i++) {
    each = fmax(each, shared[i]);
  }
  group_sum(ties, shared);
  double tie = sum_of(shared, get_local_id(0));
  const double kept = fmax(1.0, ceil((wanted - above) / each));
  for (int token = from; token < to; token++) {
    const uint own = rank_key(logits[token]);
    const int is_tie = own == key && weights[token] > 0;
    if (all >= wanted && (own < key || (is_tie && tie >= kept))) {
      weights[token] = 0;
    }
    tie += is_tie;
  }
}

// The token with the largest logit, the lowest of equal ones; -1 if there is none above minus
// infinity, or one is not a number.
int largest_of(
    global const float *logits, int from, int to, local float *values, local int *tokens) {
  const int item = get_local_id(0);
  int token = -1;
  float value = -INFINITY;
  int unusable = 0;
  for (int i = from; i < to; i++) {
    unusable |= isnan(logits[i]);
    if (logits[i] > value) {
      token = i;
      value = logits[i];
    }
  }
  values[item] = unusable ? NAN : value;
  tokens[item] = token;
  barrier(CLK_LOCAL_MEM_FENCE);
  token = -1;
  value = -INFINITY;
  unusable = 0;
  for (int i = 0; i < GROUP; i++) {
    unusable |= isnan(values[i]);
    token = values[i] > value ? tokens[i] : token;
    value = fmax(value, values[i]);
  }
  return unusable ? -1 : token;
}

// The token whose part of the weights, side by side in the order of ids, covers the draw. Sums are
// those of the items.
int pick(global const double *weights, double draw, int vocabulary, local const double *sums) {
  const double target = draw * sum_of(sums, GROUP);
  const int width = (vocabulary + GROUP - 1) / GROUP;
  double passed = 0;
  double before = 0;
  int chosen = 0;
  for (int i = 0; i < GROUP && passed <= target; i++) {
    if (sums[i] > 0) {
      chosen = i;
      before = passed;
      passed += sums[i];
    }
  }
  int picked = -1;
  const int end = min((chosen + 1) * width, vocabulary);
  passed = before;
  for (int token = chosen * width; token < end && (picked < 0 || passed <= target); token++) {
    if (weights[token] > 0) {
      picked = token;
      passed += weights[token];
    }
  }
  return picked;
}

// How a row is sampled, in 32 bytes: the draw as binary64, then temperature, top-k as an integer,
// top-p, min-p, and 8 bytes without a meaning.
kernel void sample(
    global const void *logits, ulong logits_stride,
    global void *ids, ulong ids_stride,
    global const float *sampling, global double *scratch, int vocabulary,
    ulong logits_base, ulong ids_base, ulong first) {
  local double shared[GROUP];
  local float values[GROUP];
  local int tokens[GROUP];
  const int item = get_local_id(0);
  const int row = get_global_id(1);
  global const float *from_logits =
      (global const float *)ROW(logits, row, logits_stride, logits_base);
  global int *id = (global int *)ROW(ids, row, ids_stride, ids_base);
  global double *weights = scratch + (ulong)row * vocabulary;
  global const float *how = sampling + (first + row) * 8;
  const double draw = ((global const double *)how)[0];
  const float temperature = how[2];
  const int top_k = as_int(how[3]);
  const double top_p = how[4];
  const double min_p = how[5];
  const int width = (vocabulary + GROUP - 1) / GROUP;
  const int from = min(item * width, vocabulary);
  const int to = min(from + width, vocabulary);

  const int largest = largest_of(from_logits, from, to, values, tokens);
  const int is_drawn = temperature != 0 && largest >= 0;
  const int drawn_to = is_drawn ? to : from;
  const int top_k_to = top_k > 0 && top_k < vocabulary ? drawn_to : from;
  const int top_p_to = top_p < 1 ? drawn_to : from;
  const float top = from_logits[max(largest, 0)];
  for (int token = from; token < drawn_to; token++) {
    weights[token] = 1;
  }
  keep_largest(from_logits, weights, top_k, 0, from, top_k_to, shared);
  double all = 0;
  for (int token = from; token < drawn_to; token++) {
    const float logit = from_logits[token];
    const double weight =
        logit == top ? 1 : exp(((double)logit - (double)top) / (double)temperature);
    const double kept = weights[token] > 0 ? weight : 0;
    all += kept;
    weights[token] = kept < min_p ? 0 : kept;
  }
  const double mass = group_sum(all, shared);
  keep_largest(from_logits, weights, top_p * mass, 1, from, top_p_to, shared);
  double sum = 0;
  for (int token = from; token < drawn_to; token++) {
    sum += weights[token];
  }
  barrier(CLK_GLOBAL_MEM_FENCE); // item 0 reads what the others wrote
  group_sum(sum, shared);
  if (item == 0) {
    id[0] = is_drawn ? pick(weights, draw, vocabulary, shared) : largest;
  }
}
