//go:build linux && cgo

package cuda

import (
	"strings"
	"testing"

	"github.com/NVIDIA/go-nvml/pkg/nvml"
	"github.com/NVIDIA/go-nvml/pkg/nvml/mock"
)

// fakeNVML is a driver with the given GPUs; each call may be made to fail.
func fakeNVML(count int, initRet, nameRet nvml.Return) *mock.Interface {
	return &mock.Interface{
		InitFunc:                   func() nvml.Return { return initRet },
		ShutdownFunc:               func() nvml.Return { return nvml.SUCCESS },
		SystemGetDriverVersionFunc: func() (string, nvml.Return) { return "570.1", nvml.SUCCESS },
		DeviceGetCountFunc:         func() (int, nvml.Return) { return count, nvml.SUCCESS },
		DeviceGetHandleByIndexFunc: func(int) (nvml.Device, nvml.Return) {
			return &mock.Device{
				GetNameFunc:                  func() (string, nvml.Return) { return "Test GPU", nameRet },
				GetCudaComputeCapabilityFunc: func() (int, int, nvml.Return) { return 9, 0, nvml.SUCCESS },
				GetMemoryInfoFunc:            func() (nvml.Memory, nvml.Return) { return nvml.Memory{Total: 80 << 30}, nvml.SUCCESS },
			}, nvml.SUCCESS
		},
	}
}

func TestGPUs(t *testing.T) {
	for _, c := range []struct {
		name      string
		lib       *mock.Interface
		want      int
		wantError string
	}{
		{"two GPUs", fakeNVML(2, nvml.SUCCESS, nvml.SUCCESS), 2, ""},
		{"no driver", fakeNVML(0, nvml.ERROR_LIBRARY_NOT_FOUND, nvml.SUCCESS), 0, "no NVIDIA driver"},
		{"driver without GPU", fakeNVML(0, nvml.SUCCESS, nvml.SUCCESS), 0, "570.1 is there, but no GPU"},
		{"driver that fails", fakeNVML(1, nvml.ERROR_DRIVER_NOT_LOADED, nvml.SUCCESS), 0, "does not start"},
		{"GPU that fell off the bus", fakeNVML(1, nvml.SUCCESS, nvml.ERROR_GPU_IS_LOST), 0, "GPU 0: its name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := gpus(c.lib)
			if c.wantError != "" {
				if err == nil || !strings.Contains(err.Error(), c.wantError) {
					t.Fatalf("error %v, want one with %q", err, c.wantError)
				}
				return
			}
			if err != nil || len(got) != c.want {
				t.Fatalf("got %v, %v; want %d GPUs", got, err, c.want)
			}
			want := GPU{"Test GPU", "9.0", 80 << 30, "570.1"}
			if got[0] != want {
				t.Errorf("got %+v, want %+v", got[0], want)
			}
		})
	}
}

// A machine without a driver must get an error, never a crash: this is what doctor prints there.
func TestGPUsOnThisMachine(t *testing.T) {
	got, err := GPUs()
	if (err == nil) == (len(got) == 0) {
		t.Errorf("GPUs() = %v, %v: want GPUs or an error", got, err)
	}
}
