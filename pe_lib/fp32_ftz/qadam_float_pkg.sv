// SPDX-License-Identifier: Apache-2.0
//
// What differs between the float types: here subnormals are flushed to zero.
//
// The name sorts before those of its users, so that it is read first.

package qadam_float_pkg;

  localparam int unsigned FTZ = 1;  // 1: flush to zero

endpackage
