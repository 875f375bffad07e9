// Copies live rows bit by bit. CELL is an unsigned type of the elements' size. OpenCL C 1.2 core.

kernel void copy_rows(
    global const char *from, ulong from_stride, ulong from_head,
    global char *to, ulong to_stride, ulong to_head,
    int elements, int width, ulong from_base, ulong to_base) {
  const int i = get_global_id(0);
  if (i < elements) {
    const ulong row = get_global_id(1);
    const ulong head = i / width;
    const ulong at = (ulong)(i % width) * sizeof(CELL);
    *(global CELL *)(to + to_base + row * to_stride + head * to_head + at) =
        *(global const CELL *)(from + from_base + row * from_stride + head * from_head + at);
  }
}
