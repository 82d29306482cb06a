package result

import "testing"

// Two models on three seeds whose spread is a thousandth: halves and doubles are no chance, and the last row is a draw.
func TestOverall(t *testing.T) {
	var rs []Record
	for seed := range int64(3) {
		d := 0.001 * float64(seed)
		rs = append(rs,
			measured("A", "ETTh1", 96, seed+1, 1+d, 0.5+d, nil), measured("B", "ETTh1", 96, seed+1, 0.5+d, 1+d, nil),
			measured("A", "ETTh1", 192, seed+1, 1+d, 0.5+d, nil), measured("B", "ETTh1", 192, seed+1, 1+d, 0.5+d, nil))
	}
	// Of a row that only one side has nothing counts.
	rs = append(rs, measured("A", "ETTh2", 96, 1, 9, 9, nil))
	c, err := CompareModels(rs, "A", "B")
	if err != nil {
		t.Fatal(err)
	}
	got, ok := c.Overall()
	if !ok || got.Rows != 2 || got.Better != [2]int{1, 0} || got.Surely != [2]int{1, 0} || got.Worse != [2]int{0, 1} {
		t.Errorf("%v %+v: want 2 rows, MSE surely lower in one, MAE surely higher in one", ok, got)
	}
	// (1.001+1.001)/2, (.501+.501)/2; (.501+1.001)/2 twice.
	for i, v := range []float64{got.A[0] - 1.001, got.A[1] - 0.501, got.B[0] - 0.751, got.B[1] - 0.751} {
		if v < -1e-12 || v > 1e-12 {
			t.Errorf("mean %d is %v off", i, v)
		}
	}
	if _, ok := (&Comparison{}).Overall(); ok {
		t.Error("a comparison without rows has something to say")
	}
}
